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
  }
}

function show(element) {
  unfoldAround(element);
  element.scrollIntoView({ block: "center" });
}

function showTarget() {
  const target = document.querySelector(":target");
  if (target?.parentElement.closest("details:not([open])")) show(target);
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

// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    addEventListener("afterprint", () => { fold.open = false; }, { once: true });
  }
});

// A reader commits to a prediction: an option that is chosen stays marked, there and in the reply,
// and the answer and the reply open. Nothing of it leaves the page.
function offerChoices(prediction) {
  const rest = [...document.querySelectorAll(".bd-article details")].filter(
    (fold) => prediction.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const reply = rest.find((fold) => fold.matches(".reply"));
  const answers = rest.slice(0, rest.indexOf(reply));
  const options = [...prediction.querySelectorAll("li")];
  const replies = [...reply.querySelectorAll("li")];
  const yours = document.createElement("strong");
  yours.textContent = "Your choice: ";

  options.forEach((option, k) => {
    const button = document.createElement("button");
    const words = option.querySelector("p") ?? option;
    button.type = "button";
    button.className = "choice";
    button.setAttribute("aria-pressed", "false");
    button.append(...words.childNodes);
    words.append(button);
    button.addEventListener("click", () => {
      prediction.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", "true");
      for (const fold of [...answers, reply]) fold.open = true;
      (replies[k].querySelector("p") ?? replies[k]).prepend(yours);
    });
  });
  const invitation = document.createElement("p");
  invitation.textContent = "Choose one: the answer opens, and a reply to each.";
  options[0].parentElement.before(invitation);
}

addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".prediction").forEach(offerChoices);
});
