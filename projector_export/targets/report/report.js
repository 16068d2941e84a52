// The table of rows: sorted, searched and filtered as a whole, drawn a page at a time.
"use strict";

const PAGE = 200;

const { columns, rows } = JSON.parse(document.getElementById("rows").textContent);
const place = Object.fromEntries(columns.map((column, number) => [column.key, number]));
const texts = rows.map((row) => row.flat().join("\n").toLowerCase());
const order = new Intl.Collator("en", { numeric: true });

const body = document.querySelector("#found tbody");
const heads = [...document.querySelectorAll("#found thead th")];
const search = document.getElementById("search");
const kind = document.getElementById("kind");
const choices = [...document.querySelectorAll(".choice")];
const more = document.getElementById("more");
const status = document.getElementById("status");

const wish = { state: choices.find((choice) => choice.ariaPressed === "true")?.dataset.state ?? "", column: -1, descending: false };
let shown = [];
let drawn = 0;

const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const evidenceOf = ([brief, ...full]) => {
  if (!full.length) return [brief ?? ""];
  const details = element("details");
  const list = element("ul");
  list.append(...full.map((phrase) => element("li", "", phrase)));
  details.append(element("summary", "", brief), list);
  return [details];
};

const cellOf = (row, { key, type }) => {
  const value = row[place[key]];
  const cell = element("td", type === "number" ? "number" : key);
  if (key === "state") cell.append(...value.map((state) => element("span", `chip of-${state.split(" ")[0]}`, state)));
  else if (key === "nearest") cell.append(...value.map((token) => element("bdi", "", token)));
  else if (key === "evidence") cell.append(...evidenceOf(value));
  else if (type === "list") cell.textContent = value.join("; ");
  else if (type === "number") cell.textContent = value === null ? "" : told(key, value);
  else cell.append(element("bdi", "", value));
  return cell;
};

const told = (key, value) => (key === "row" ? String(value) : String(Number(value.toPrecision(4))));

const drawMore = () => {
  const page = document.createDocumentFragment();
  for (const number of shown.slice(drawn, drawn + PAGE)) {
    const line = element("tr");
    line.append(...columns.map((column) => cellOf(rows[number], column)));
    page.append(line);
  }
  body.append(page);
  drawn = Math.min(drawn + PAGE, shown.length);
  more.hidden = drawn === shown.length;
  more.textContent = `Show ${Math.min(PAGE, shown.length - drawn)} more`;
  status.textContent = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
};

const compare = (first, second) => {
  const { type } = columns[wish.column];
  let [a, b] = [rows[first][wish.column], rows[second][wish.column]];
  if (type === "number") {
    if (a === null || b === null) return (a === null) - (b === null); // missing ones last, either way
    return wish.descending ? b - a : a - b;
  }
  if (type === "list") [a, b] = [a.join("\n"), b.join("\n")];
  return wish.descending ? order.compare(b, a) : order.compare(a, b);
};

const draw = () => {
  const words = search.value.toLowerCase().trim();
  shown = rows.flatMap((row, number) => {
    const fits = !wish.state || row[place.state].includes(wish.state);
    return fits && (!kind.value || row[place.kind] === kind.value) && texts[number].includes(words) ? [number] : [];
  });
  if (wish.column >= 0) shown.sort(compare);
  body.replaceChildren();
  drawn = 0;
  drawMore();
  if (!shown.length) {
    const line = element("tr", "nothing");
    const cell = element("td", "", rows.length ? "No row fits." : "Nothing was found.");
    cell.colSpan = columns.length;
    line.append(cell);
    body.append(line);
  }
};

heads.forEach((head, number) => {
  head.querySelector("button").addEventListener("click", () => {
    wish.descending = wish.column === number && !wish.descending;
    wish.column = number;
    heads.forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", wish.descending ? "descending" : "ascending");
    draw();
  });
});

choices.forEach((choice) => {
  choice.addEventListener("click", () => {
    wish.state = choice.dataset.state;
    choices.forEach((other) => other.setAttribute("aria-pressed", String(other === choice)));
    draw();
  });
});

search.addEventListener("input", draw);
kind.addEventListener("change", draw);
more.addEventListener("click", () => {
  const first = drawn;
  drawMore();
  body.rows[first].tabIndex = -1;
  body.rows[first].focus();
});
draw();
