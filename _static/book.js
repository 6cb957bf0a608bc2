// The theme lets the keyboard scroll what is too wide for its box when the page opens or the window
// changes. A dropdown that opens shows more such boxes.
addEventListener("DOMContentLoaded", () => {
  const resized = () => dispatchEvent(new Event("resize"));
  new ResizeObserver(resized).observe(document.getElementById("main-content"));
});

// A page that is opened from disk may not read the others: no excerpts with what the search finds.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
