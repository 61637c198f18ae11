// Copy buttons: shown only where they work; without this script the text can be marked with one click.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      const said = button.firstChild.textContent;
      button.firstChild.textContent = button.dataset.done;
      setTimeout(() => { button.firstChild.textContent = said; }, 1500);
    });
  }
}
