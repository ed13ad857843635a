// @ts-check
// Lets the panel look as its settings say, and draws everything anew in another language.
import { LitElement } from "lit";
import { keepAppearance, keptAppearance, onContrast, show } from "./appearance.js";
import { speak } from "./i18n.js";
import { looks } from "./settings_state.js";

/** @param {import("./store.js").Store<import("./types.js").PanelState>} store */
export function dress(store) {
  let worn = keptAppearance();
  const wear = () => {
    show(worn);
    void speak(worn.language).then((changed) => changed && drawAnew());
  };
  store.subscribe((state) => {
    const wanted = looks(state);
    if (!wanted) return;
    const { theme, language, text_size: textSize } = wanted;
    if (theme === worn.theme && language === worn.language && textSize === worn.textSize) return;
    worn = { theme, language, textSize };
    keepAppearance(worn);
    wear();
  });
  onContrast(wear);
}

function drawAnew() {
  for (const element of document.querySelectorAll("*")) if (element instanceof LitElement) element.requestUpdate();
}
