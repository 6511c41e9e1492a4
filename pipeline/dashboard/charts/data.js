// A cell is a plain value, or {v: value, f: how it is shown}.
const isObject = cell => cell !== null && typeof cell === "object";
const valueOf = cell => (isObject(cell) && "v" in cell ? cell.v : cell);

function shown(cell) {
  if (isObject(cell) && cell.f != null) return String(cell.f);
  const value = valueOf(cell);
  if (value == null) return "";
  return typeof value === "number" ? String(+value.toFixed(5)) : String(value);
}

const ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"};
const escaped = text => String(text).replace(/[&<>"]/g, character => ESCAPES[character]);

// === Events ===

const listeners = new WeakMap();  // object -> type -> functions

const events = {
  addListener(object, type, listener) {
    if (!object) return;
    const ofObject = listeners.get(object) || {};
    (ofObject[type] = ofObject[type] || []).push(listener);
    listeners.set(object, ofObject);
  },
  addOneTimeListener(object, type, listener) {
    const once = detail => {
      const ofObject = listeners.get(object);
      ofObject[type] = ofObject[type].filter(other => other !== once);
      listener(detail);
    };
    events.addListener(object, type, once);
  },
  trigger(object, type, detail) {
    ((listeners.get(object) || {})[type] || []).slice().forEach(listener => listener(detail));
  },
};

// === Tables of data ===

class DataTable {
  constructor(given = {}) {
    this.cols = (given.cols || []).map(({label, type, role}) => ({label: label || "", type, role}));
    this.rows = (given.rows || []).map(row => row.c);
  }
  addRows(rows) { rows.forEach(row => this.rows.push(row.c || row)); }
  getNumberOfRows() { return this.rows.length; }
  getNumberOfColumns() { return this.cols.length; }
  getValue(row, column) { return valueOf(this.rows[row][column]); }
  getFormattedValue(row, column) { return shown(this.rows[row][column]); }
  getColumnLabel(column) { return this.cols[column].label; }
  getColumnRole(column) { return this.cols[column].role; }
  sort(by) {
    const key = [].concat(by)[0];
    const column = isObject(key) ? key.column : key;
    this.rows.sort(comparing(row => valueOf(row[column]), !(isObject(key) && key.desc)));
  }
}

function comparing(read, ascending) {
  return (one, other) => {
    const [a, b] = [read(one), read(other)];
    return (a > b ? 1 : a < b ? -1 : 0) * (ascending ? 1 : -1);
  };
}

function arrayToDataTable([head = [], ...rows]) {
  const table = new DataTable({
    cols: head.map(cell => (isObject(cell) ? {...cell, label: cell.label || cell.id} : {label: cell})),
  });
  table.rows = rows;
  return table;
}

class DataView extends DataTable {
  constructor(table) {
    super();
    this.table = table;
    this.setColumns(table.cols.map((_, index) => index));
  }
  // A column is an index, or {sourceColumn, type, role} for what the cells of that column show.
  setColumns(columns) {
    const isIndex = column => typeof column === "number";
    this.cols = columns.map(c => (isIndex(c) ? this.table.cols[c] : {label: "", type: c.type, role: c.role}));
    this.rows = this.table.rows.map(row => columns.map(c => (isIndex(c) ? row[c] : shown(row[c.sourceColumn]))));
  }
}
