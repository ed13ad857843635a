// @ts-check
import { attempts } from "./policy_attempts.js";

postMessage(await attempts());
