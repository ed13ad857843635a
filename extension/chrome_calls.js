// @ts-check
// The functions of `chrome` that Python may call. Which, when and with what, it decides; nothing else gets through.

const ALLOWED = new Set([
  "identity.launchWebAuthFlow",
  "permissions.contains",
  "runtime.getContexts",
  "scripting.executeScript",
  "storage.local.get",
  "storage.local.set",
  "storage.local.remove",
  "storage.session.get",
  "storage.session.set",
  "storage.session.remove",
  "tabs.create",
  "tabs.get",
  "tabs.query",
  "tabs.remove",
  "tabs.update",
  "windows.create",
  "windows.get",
  "windows.getAll",
  "windows.remove",
  "windows.update",
]);

/**
 * @param {{name: string, args: unknown[]}} call
 * @returns {Promise<{value: unknown} | {refused: string}>} values come as JSON does: undefined as null
 */
export async function callChrome({ name, args }) {
  try {
    if (!ALLOWED.has(name)) throw new Error(`chrome.${name} is not among the calls that Python may make`);
    const path = name.split(".");
    const method = /** @type {string} */ (path.pop());
    const owner = path.reduce((object, key) => object?.[key], /** @type {any} */ (chrome));
    if (!owner) throw new Error(`chrome.${name} is not there: the extension lacks its permission`);
    return { value: (await owner[method](...args)) ?? null };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}
