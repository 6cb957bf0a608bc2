// The theme lets the keyboard scroll what is too wide for its box when the page opens or the window
// changes. A dropdown that opens shows more such boxes.
addEventListener("DOMContentLoaded", () => {
  const resized = () => dispatchEvent(new Event("resize"));
  new ResizeObserver(resized).observe(document.getElementById("main-content"));
});

// A page that is opened from disk may not read the others: no excerpts with what the search finds.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A page opens on what was asked for. Words that a search found, or the target of a link, may lie
// in what is folded, where nobody sees them: that is unfolded, and nothing else is.
function unfoldAround(element) {
  for (let fold = element.parentElement; fold; fold = fold.parentElement) {
    if (fold.matches("details:not([open])")) fold.open = true;
    if (fold.matches(".toggle-hidden")) fold.querySelector("button.toggle-button").click();
  }
}

function show(element) {
  unfoldAround(element);
  element.scrollIntoView({ block: "center" });
}

function showTarget() {
  const target = document.querySelector(":target");
  if (target?.closest("details:not([open]), .toggle-hidden > :not(.admonition-title)")) show(target);
}

function showFound() {
  const found = [...document.querySelectorAll(".bd-article .highlighted")];
  const seen = found.find((one) => one.checkVisibility({ visibilityProperty: true }));
  if (found.length) show(seen ?? found[0]);
}

addEventListener("hashchange", showTarget);
addEventListener("load", showTarget);
addEventListener("DOMContentLoaded", () => {
  const article = document.querySelector(".bd-article");
  if (!article || document.getElementById("search-results")) return;
  // Sphinx marks the words, a moment later, on pages without its search; here all pages have it.
  SphinxHighlight.highlightSearchWords();
  new MutationObserver((_, watch) => {
    if (!article.querySelector(".highlighted")) return;
    watch.disconnect();
    if (!location.hash) showFound();
  }).observe(article, { childList: true, subtree: true });
});

// On paper nothing can be unfolded. sphinx-togglebutton opens its own folds before printing.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open], .toggle-details)")) {
    fold.open = true;
    addEventListener("afterprint", () => { fold.open = false; }, { once: true });
  }
});
