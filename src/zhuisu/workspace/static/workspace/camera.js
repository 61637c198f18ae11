// Reads a code from the camera into the field beside the button, on this device alone. The reader is loaded on the first press.
const box = document.getElementById("camera");
const video = box?.querySelector("video");
const status = box?.querySelector("[role=status]");
const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "itf", "databar", "databar_expanded"];
const PAUSE = 150; // milliseconds between two looks: quick for a hand, easy on a battery
let reading, stream, field;

function load() {
  reading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = box.dataset.reader;
    script.addEventListener("error", failed);
    script.addEventListener("load", () => {
      const api = globalThis.BarcodeDetectionAPI;
      api.prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm } });
      done(new api.BarcodeDetector({ formats: FORMATS }));
    });
    document.head.append(script);
  });
  return reading;
}

function fill(text) {
  const held = field.value.trim();
  field.value = field.matches("textarea") && held ? (held.split("\n").includes(text) ? held : `${held}\n${text}`) : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function look(detector) {
  while (stream) {
    const found = await detector.detect(video);
    if (found[0]?.rawValue) { fill(found[0].rawValue); box.close(); field.focus(); return; }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}

async function open(button) {
  field = document.getElementById(button.dataset.scan);
  status.textContent = "";
  box.showModal();
  try {
    const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    if (!box.open) { for (const track of opened.getTracks()) track.stop(); return; }
    stream = opened;
    video.srcObject = stream;
    await video.play();
    status.textContent = status.dataset.ready;
  } catch { status.textContent = status.dataset.denied; return; }
  try { await look(await load()); } catch { status.textContent = status.dataset.failed; }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

if (box && navigator.mediaDevices?.getUserMedia) {
  for (const button of document.querySelectorAll("[data-scan]")) {
    button.hidden = false;
    button.addEventListener("click", () => open(button));
  }
  box.addEventListener("close", stop);
  addEventListener("pagehide", stop);
}
