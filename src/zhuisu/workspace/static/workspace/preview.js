// The picture of the label follows what is typed. Without this script the button beside it does the same.
const form = document.querySelector("[data-preview]");
const picture = document.getElementById("preview-picture");
const wrong = document.getElementById("preview-wrong");
const lacking = document.getElementById("preview-missing");
let waiting = 0;
let latest = 0;

async function look() {
  const turn = ++latest;
  const body = new FormData(form);
  body.set("do", "look");
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok || turn !== latest) return;
  const said = await answer.json();
  picture.hidden = !said.picture;
  if (said.picture) picture.src = said.picture;
  wrong.textContent = said.wrong;
  lacking.hidden = !said.missing.length;
  for (const field of form.querySelectorAll("[data-field]")) field.classList.toggle("lacks", said.missing.includes(field.dataset.field));
}

form.querySelector("[data-no-script]").hidden = true;
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 400); });
form.elements.template.addEventListener("change", () => form.querySelector("[name=do][value=template]").click());
