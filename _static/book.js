// The theme lets the keyboard scroll what is too wide for its box when the page opens or the window
// changes. A dropdown that opens shows more such boxes.
addEventListener("DOMContentLoaded", () => {
  const resized = () => dispatchEvent(new Event("resize"));
  new ResizeObserver(resized).observe(document.getElementById("main-content"));
});
