// The other edition opens at the same cell, and with the same search
document.addEventListener("click", event => {
  const link = event.target.closest && event.target.closest("a.edition");
  if (link) link.href = link.getAttribute("href").replace(/[?#].*/, "") + location.search + location.hash;
});

// Search results quote a page without its links and folds. Korean is searched by pairs of syllables,
// but what is marked is the word that was asked for
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const text = Search.htmlToText, frame = /<(nav class="page-links"|summary)[^]*?<\/(nav|summary)>/g;
  Search.htmlToText = (html, anchor) => text(html.replace(frame, ""), anchor);
  if (document.documentElement.lang !== "ko") return;
  const parse = Search._parseQuery;
  Search._parseQuery = query => {
    const [asked, terms, not, , objects] = parse(query);
    const words = new Set(query.toLowerCase().trim().split(/\s+/));
    localStorage.setItem("sphinx_highlight_terms", [...words].join(" "));
    return [asked, terms, not, words, objects];
  };
});

// What scrolls sideways can be scrolled with the keyboard
const reach = () => document.querySelectorAll("pre, .table-wrapper").forEach(box => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute("tabindex");
});
window.addEventListener("load", reach);
window.addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
