// The peer "bare-js-import": what a page without Python loads before it can load a model.
onmessage = () =>
  import("/extension/vendor/transformers/transformers.js").then(
    () => postMessage("ready"),
    (error) => postMessage(`${error}`),
  );
