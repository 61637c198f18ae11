// Makes a form of an act quicker. Without it everything is shown and everything works.
const form = document.querySelector("[data-act]");

// What a touch fills in.
for (const offers of document.querySelectorAll(".offers")) offers.hidden = false;
document.addEventListener("click", (event) => {
  const offer = event.target.closest("[data-fill]");
  if (!offer) return;
  const field = document.getElementById(offer.dataset.fill);
  const held = field.value.trim();
  field.value = "many" in offer.dataset && held && !held.includes(offer.dataset.value) ? `${held}\n${offer.dataset.value}` : offer.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// A field that is asked for only under a condition is shown where the condition holds, or something stands in it.
function holds(name, values) {
  const said = form.elements[name];
  const value = said ? String(said.value).trim() : "";
  return value !== "" && (!values.length || values.includes(value));
}
function arrange() {
  for (const line of form.querySelectorAll("[data-when]")) {
    const controls = [...line.querySelectorAll("input:not([type=radio]), select, textarea, input:checked")];
    const filled = controls.some((one) => one.value.trim());
    line.hidden = !filled && !line.classList.contains("wrong") && !JSON.parse(line.dataset.when).some(([name, values]) => holds(name, values));
  }
  const why = form.elements.why;
  if (why) form.querySelector(".corrected").hidden = why.value === "did_not_occur";
}
// The unit follows the amount: the usual one, none beside an empty amount or one with its unit written behind it.
function weigh(line) {
  const unit = line.querySelector("select");
  const amount = form.elements[unit.name.replace("unit", "quantity").replace("Unit", "Quantity")];
  if (!amount || unit.dataset.chosen) return;
  const plain = /^[\d.,\s０-９]+$/.test(amount.value.trim());
  unit.value = plain ? line.dataset.usual : "";
}
if (form) {
  arrange();
  for (const line of form.querySelectorAll("[data-usual]")) {
    const unit = line.querySelector("select");
    if (unit.value) unit.dataset.chosen = "1";
    unit.addEventListener("change", () => { unit.dataset.chosen = unit.value ? "1" : ""; });
    form.addEventListener("input", (event) => { if (event.target !== unit && event.target.name?.toLowerCase().endsWith("quantity")) weigh(line); });
  }
  form.addEventListener("input", arrange);
  form.addEventListener("change", arrange);
  // Enter goes on to the next field, as the key on a telephone says; in the last it sends.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=submit])")) return;
    const fields = [...form.querySelectorAll("input:not([type=hidden]):not([type=radio]), select, textarea")].filter((one) => one.offsetParent);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) { event.preventDefault(); next.focus(); }
  });
  form.addEventListener("submit", () => setTimeout(() => { for (const button of document.querySelectorAll("button[form=act], [data-act] button[type=submit]")) button.disabled = true; }));
  document.getElementById("faults")?.focus();
}

// The digest of a file is worked out here: the file itself stays with its owner.
for (const box of document.querySelectorAll("[data-evidence]")) {
  const file = box.querySelector("[data-digest]");
  if (!globalThis.crypto?.subtle) continue;
  file.closest(".part").hidden = false;
  file.addEventListener("change", async () => {
    const digest = await crypto.subtle.digest("SHA-256", await file.files[0].arrayBuffer());
    const target = box.querySelectorAll("input:not([type=file])")[1];
    target.value = [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("");
    target.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// What takes a while says so; a second press would only ask for the same again.
for (const busy of document.querySelectorAll("[data-busy]")) {
  const note = busy.querySelector(".busy-note");
  busy.addEventListener("submit", () => {
    busy.classList.add("busy");
    if (note) note.hidden = false;
    setTimeout(() => { for (const button of busy.querySelectorAll("button")) button.disabled = true; });
  });
}

// Lists that narrow while somebody types, and pick lists that ask at once.
for (const search of document.querySelectorAll("[data-filter]")) {
  const narrow = () => {
    const wanted = search.value.trim().toLowerCase();
    for (const one of document.querySelectorAll(search.dataset.filter)) one.hidden = !one.textContent.toLowerCase().includes(wanted);
    for (const sector of document.querySelectorAll(".sector")) sector.hidden = !sector.querySelector(`${search.dataset.filter}:not([hidden])`);
  };
  search.addEventListener("input", narrow);
  if (search.value !== search.defaultValue) narrow(); // somebody was faster than this script
}
for (const one of document.querySelectorAll("[data-submit]")) one.addEventListener("change", () => one.form.submit());
