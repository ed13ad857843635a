// @ts-check
import { LitElement } from "lit";

/**
 * Base of the panel's components: drawn into the page itself, so that one style sheet with the design's tokens serves
 * all, labels and live regions reach across components, and text can be selected from one message into the next.
 */
export class PanelElement extends LitElement {
  static properties = { state: { attribute: false }, commands: { attribute: false } };

  constructor() {
    super();
    /** @type {import("../types.js").PanelState} */
    this.state;
    /** @type {import("../commands.js").Commands} */
    this.commands;
  }

  createRenderRoot() {
    return this;
  }
}
