// @ts-check

/**
 * Puts text on the clipboard.
 * @param {string} text @param {() => void} done called when it is there
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    done();
  } catch (error) {
    console.warn(`The clipboard refused the text: ${error}`); // the panel lost the focus meanwhile
  }
}
