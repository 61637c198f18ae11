// Reads codes from the camera or a photo, on this device alone; the reader's WebAssembly comes from our own static files.
"use strict";
(() => {
  const box = document.getElementById("scanner");
  const status = box.querySelector(".status");
  const finder = box.querySelector(".finder");
  const video = box.querySelector("video");
  const start = box.querySelector(".start");
  const photo = box.querySelector(".photo");
  const say = (name) => { status.textContent = name ? status.dataset[name] : ""; };
  const api = window.BarcodeDetectionAPI;
  if (!api) { say("failed"); return; }
  api.prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm } });
  const formats = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_39", "databar", "databar_expanded", "pdf417", "aztec"];
  const detector = new api.BarcodeDetector({ formats });
  const open = (text) => { window.location.assign("/find?q=" + encodeURIComponent(text)); };
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  let stream = null;

  const stop = () => { if (stream) stream.getTracks().forEach((track) => track.stop()); stream = null; finder.hidden = true; start.hidden = false; };
  const watch = async () => {
    while (stream) {
      try {
        const found = await detector.detect(video);
        if (found.length && found[0].rawValue) { stop(); open(found[0].rawValue); return; }
      } catch { stop(); say("failed"); return; }
      await pause(150);
    }
  };
  start.addEventListener("click", async () => {
    try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false }); }
    catch { say("denied"); return; }
    video.srcObject = stream;
    finder.hidden = false;
    start.hidden = true;
    await video.play();
    say("ready");
    watch();
  });
  photo.querySelector("input").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    say("reading");
    try {
      const found = await detector.detect(await createImageBitmap(file));
      if (found.length && found[0].rawValue) open(found[0].rawValue); else say("nothing");
    } catch { say("nothing"); }
    event.target.value = "";
  });
  window.addEventListener("pagehide", stop);
  photo.hidden = false;
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) start.hidden = false; else say("absent");
})();
