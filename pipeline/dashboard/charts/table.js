const CLASS = "google-visualization-table";  // TFMA's style sheets know these names

class Table extends Chart {
  draw(table, options = {}) {
    const cell = options.allowHtml ? content => content : escaped;
    const size = options.page ? options.pageSize || 20 : Infinity;
    const state = {page: 0, column: -1, ascending: true, order: table.rows.map((_, index) => index)};
    const paint = () => { this.element.innerHTML = drawTable(table, options, cell, size, state); };
    paint();
    this.element.onclick = event => {
      const head = event.target.closest("th"), page = event.target.closest("[data-page]");
      const row = event.target.closest("tr[data-row]");
      if (head) {
        const column = +head.dataset.column;
        state.ascending = state.column === column ? !state.ascending : true;
        state.column = column;
        state.order.sort(comparing(index => valueOf(table.rows[index][column]), state.ascending));
        paint();
        events.trigger(this, "sort", {column, ascending: state.ascending, sortedIndexes: state.order});
      } else if (page) {
        event.preventDefault();
        state.page = +page.dataset.page;
        paint();
        events.trigger(this, "page", {page: state.page});
      } else if (row) {
        this.selected = [{row: +row.dataset.row, column: null}];
        events.trigger(this, "select");
      }
    };
    events.trigger(this, "ready");
  }
}

function drawTable(table, options, cell, size, state) {
  const arrow = index => (index !== state.column ? "" : state.ascending ? " ▲" : " ▼");
  const head = table.cols.map(({label}, index) =>
    `<th class="${CLASS}-th" data-column="${index}" style="cursor:pointer;padding:4px 8px;text-align:left;` +
    `border-bottom:1px solid #ccc">${cell(label)}${arrow(index)}</th>`);
  const first = size === Infinity ? 0 : state.page * size;
  const body = state.order.slice(first, first + size).map(index =>
    `<tr data-row="${index}" class="${CLASS}-tr-even">` +
    table.cols.map((_, column) => `<td class="${CLASS}-td" style="padding:4px 8px;border-bottom:1px solid #eee">` +
      `${cell(shown(table.rows[index][column]))}</td>`).join("") + "</tr>");
  return `<table class="${CLASS}-table" style="width:${options.width || "auto"};border-collapse:collapse">` +
    `<thead><tr class="${CLASS}-tr-head">${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>` +
    drawPages(Math.ceil(state.order.length / size));
}

function drawPages(pages) {
  if (!(pages > 1)) return "";
  const links = Array.from({length: pages}, (_, page) => `<a href="#" data-page="${page}">${page + 1}</a>`);
  return `<div>${links.join(" ")}</div>`;
}
