// The side panel's elements, with a background that is played: what is typed decides what happens.
const one = (name) => document.querySelector(`[data-testid="${name}"]`);
const value = (name) => one(name).value;
const pause = () => new Promise((resolve) => setTimeout(resolve, 60));
const state = (name) => (document.documentElement.dataset.state = name);

function fail(text) {
  one("error").textContent = text;
  one("error").hidden = false;
}

async function load() {
  state("loading_model");
  one("load-button").disabled = true;
  for (const percent of [3, 12, 55, 100]) {
    one("progress").setAttribute("aria-valuenow", percent);
    one("status").textContent = `Loading ${percent} %`;
    await pause();
  }
  if (value("model-select") === "acme/broken") {
    state("error");
    return fail("The weights of acme/broken are damaged.\n Delete the model and load it again.");
  }
  one("status").textContent = "Ready";
  state("model_ready");
}

async function answer(text) {
  document.querySelector("#messages").insertAdjacentHTML(
    "beforeend",
    `<div data-testid="message" data-role="user" data-status="complete"></div>
     <div data-testid="message" data-role="assistant" data-status="streaming"><p data-testid="message-text"></p></div>`,
  );
  const message = document.querySelector("#messages").lastElementChild;
  const settings = ["model-select", "dtype-select", "device-select", "max-new-tokens"].map(value).join(" ");
  state("generating");
  let raw = "";
  for (const piece of [`[${settings}] `, "You said: ", text]) {
    message.firstElementChild.dataset.raw = raw += piece;
    await pause();
  }
  if (text === "hang") return;
  if (text === "fail") {
    message.dataset.status = "error";
    state("error");
    return fail("The device was lost. Load the model again.");
  }
  message.dataset.status = text === "stop" ? "stopped" : "complete";
  state("idle");
}

for (const view of ["chat", "settings"]) {
  one(`tab-${view}`).addEventListener("click", () => {
    document.querySelector("#view-settings").hidden = view !== "settings";
  });
}
one("load-button").addEventListener("click", load);
one("model-add").addEventListener("click", () => {
  if (value("model-input") === "acme/unknown") return fail("There is no repository acme/unknown. Check the name.");
  one("model-select").add(new Option(value("model-input")));
});
one("model-select").addEventListener("change", async () => {
  await pause();
  one("dtype-select").add(new Option("q8"));
});
one("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  answer(value("prompt"));
});
setTimeout(() => {
  one("load-button").disabled = false;
  one("status").textContent = "Choose a model";
}, 100);
