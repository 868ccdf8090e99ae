// The reviewer's grid: running total, marks typed as figures, search in the dossier. The page works without it.

import { announce } from "./announce.js";
import { gettext, ngettext } from "./texts.js";

const FIGURES = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const POINTS = new Intl.NumberFormat(document.documentElement.lang);

function markOf(criterion) {
  const field = criterion.querySelector("input[type=radio]:checked, select.mark-select, input[inputmode=decimal]");
  const text = field?.value.trim().replace(",", ".") ?? "";
  return text === "" ? null : Number(text);
}

function total(form) {
  const criteria = [...form.querySelectorAll("[data-criterion]")];
  let sum = 0;
  let marked = 0;
  for (const criterion of criteria) {
    const mark = markOf(criterion);
    if (mark === null || Number.isNaN(mark)) continue;
    const [low, high] = [Number(criterion.dataset.low), Number(criterion.dataset.high)];
    sum += (Number(criterion.dataset.worth) * (mark - low)) / (high - low);
    marked += 1;
  }
  const shown = form.querySelector("[data-total]");
  shown.textContent = marked === criteria.length
    ? gettext("Total\u00a0: %(total)s\u00a0/\u00a0%(out_of)s", {
      total: FIGURES.format(sum),
      out_of: POINTS.format(Number(shown.dataset.total)),
    })
    : gettext("%(marked)s critères notés sur %(all)s", { marked, all: criteria.length });
}

// In a row of marks, figures choose: « 3 », « 3,5 », « 10 », « -1 ». What is typed within a second belongs together.
function typeMarks(row) {
  let typed = "";
  let last = 0;
  row.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !/^[0-9.,\u2212-]$/.test(event.key)) return;
    event.preventDefault();
    const key = event.key.replace(",", ".").replace("\u2212", "-");
    typed = Date.now() - last < 1000 && key !== "-" ? typed + key : key;
    last = Date.now();
    const choice = [...row.querySelectorAll("input")].find((input) => input.value !== "" && Number(input.value) === Number(typed));
    if (!choice) return;
    choice.checked = true;
    choice.focus();
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// What follows from a mark: the words of its level in their place, and whether the grid asks for a comment.
function showMark(criterion) {
  const mark = markOf(criterion);
  const level = [...criterion.querySelectorAll("[data-level]")].find((place) => mark !== null && Number(place.dataset.level) === mark);
  const words = criterion.querySelector("[data-level-words]");
  if (words) words.textContent = level?.nextElementSibling.textContent ?? "";
  if (!("commentBelow" in criterion.dataset)) return;
  const asked = mark !== null && mark < Number(criterion.dataset.commentBelow);
  criterion.querySelector("[data-comment-optional]").hidden = asked;
  criterion.querySelector("[data-comment-asked]").hidden = !asked;
  const comment = criterion.querySelector("textarea");
  if (asked) comment.setAttribute("aria-required", "true");
  else comment.removeAttribute("aria-required");
}

// The answers that bear on the criterion in hand are marked beside it.
function markAnswers(root, form) {
  form.addEventListener("focusin", (event) => {
    const criterion = event.target.closest("[data-criterion]");
    if (!criterion) return;
    for (const answer of root.querySelectorAll("[data-criteria]")) {
      answer.classList.toggle("bears", answer.dataset.criteria.split(" ").includes(criterion.dataset.criterion));
    }
  });
}

function search(place, dossier) {
  const line = document.createElement("p");
  line.className = "search-line";
  const label = document.createElement("label");
  label.textContent = gettext("Chercher dans le dossier");
  label.htmlFor = "chercher";
  const input = document.createElement("input");
  input.type = "search";
  input.id = "chercher";
  input.className = "form-control";
  line.append(label, input);
  place.replaceChildren(line);
  place.hidden = false;
  let found = [];
  let at = -1;
  const clear = () => {
    for (const mark of dossier.querySelectorAll("mark")) {
      const parent = mark.parentNode;
      mark.replaceWith(mark.textContent);
      parent.normalize();
    }
  };
  const go = (step) => {
    if (!found.length) return;
    found[at]?.classList.remove("here");
    at = (at + step + found.length) % found.length;
    found[at].classList.add("here");
    found[at].scrollIntoView({ block: "center" });
  };
  input.addEventListener("input", () => {
    clear();
    const wanted = fold(input.value.trim());
    found = wanted.length < 2 ? [] : highlight(dossier, wanted);
    at = -1;
    if (wanted.length >= 2) announce(ngettext("%(num)s résultat", "%(num)s résultats", found.length));
    go(1);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); go(event.shiftKey ? -1 : 1); }
  });
}

function fold(text) {
  // One character for one, so that places in the folded text are places in the text.
  return [...text.toLowerCase()].map((letter) => letter.normalize("NFD")[0] ?? letter).join("");
}

function highlight(dossier, wanted) {
  const texts = [];
  for (const part of dossier.querySelectorAll(".answers dd, .answer-text")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode);
  }
  const marks = [];
  for (const text of texts) {
    let rest = text;
    let place = fold(rest.data).indexOf(wanted);
    while (place >= 0 && marks.length < 500) {
      const hit = rest.splitText(place);
      rest = hit.splitText(wanted.length);
      const mark = document.createElement("mark");
      hit.replaceWith(mark);
      mark.append(hit);
      marks.push(mark);
      place = fold(rest.data).indexOf(wanted);
    }
  }
  return marks;
}

export function start(root) {
  root.querySelectorAll("form[data-reviewing]").forEach((form) => {
    form.addEventListener("input", () => total(form));
    form.addEventListener("change", (event) => {
      total(form);
      const criterion = event.target.closest("[data-criterion]");
      if (!criterion) return;
      showMark(criterion);
      const words = criterion.querySelector("[data-level-words]")?.textContent;
      if (words && event.target.name?.startsWith("note-")) announce(words);
    });
    form.querySelectorAll("[data-criterion]").forEach(showMark);
    markAnswers(root, form);
    const keys = form.querySelector("[data-keys]");
    if (keys) keys.hidden = false;
    form.querySelectorAll(".mark-row").forEach(typeMarks);
    // Enter in a row of marks would submit the review: it goes on to the comment instead.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) {
        event.preventDefault();
        form.requestSubmit(form.querySelector("button[value=submit_next], button[value=submit]"));
      } else if (event.key === "Enter" && (event.target.type === "radio" || event.target.tagName === "SELECT")) {
        event.preventDefault();
        event.target.closest("[data-criterion]").querySelector("textarea")?.focus();
      }
    });
    total(form);
  });
  const place = root.querySelector("[data-dossier-search]");
  if (place) search(place, root.querySelector("#dossier"));
}
