// @ts-check
// Runs before anything of the page is drawn: right colours, direction and text size from the first paint on.
import { keptAppearance, show } from "./appearance.js";

show(keptAppearance());
