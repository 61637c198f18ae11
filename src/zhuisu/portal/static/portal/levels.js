// Opens one more level of origins in place. Without this module the link loads the whole page at the same spot.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-level]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const here = document.getElementById("origin");
  here.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("origin");
    if (!answer.ok || !fresh) throw new Error(String(answer.status));
    here.replaceWith(fresh);
    history.replaceState(null, "", link.href);
    const next = fresh.querySelector("[data-level]") || fresh.querySelector("summary");
    if (next) next.focus({ preventScroll: true });
  } catch {
    window.location.assign(link.href);
  }
});

// A box that stands for many leads into the list, which must be open to be seen.
const openList = () => {
  const target = window.location.hash && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const list = target && target.closest("details");
  if (list) list.open = true;
};
window.addEventListener("hashchange", openList);
openList();
