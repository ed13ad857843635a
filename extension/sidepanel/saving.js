// @ts-check

/**
 * Lets the browser save what an address holds, as a download of the person's own.
 * @param {string} address a `blob:` of the extension's own @param {string} name
 */
export function saveAs(address, name) {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
