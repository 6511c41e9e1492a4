class ChartWrapper {
  constructor({container}) { this.container = container; }
  setChartType(type) { this.type = type; }
  setDataTable(data) { this.data = data.cols ? data : arrayToDataTable(data); }
  setOptions(options) { this.options = options; }
  getChart() { return this.chart || null; }
  getDataTable() { return this.data; }
  draw() {
    if (!this.chart || this.chart.kind !== this.type) {
      this.chart = this.type === "Table" ? new Table(this.container, "Table") : new Chart(this.container, this.type);
      events.addListener(this.chart, "select", () => events.trigger(this, "select"));
    }
    this.chart.draw(this.data, this.options);
    events.trigger(this, "ready");
  }
}

class ColumnChart extends Chart {
  constructor(element) { super(element, "ColumnChart"); }
}

window.google = {
  charts: {load: () => Promise.resolve()},
  visualization: {events, DataTable, DataView, arrayToDataTable, ChartWrapper, ColumnChart, Table},
};
window.polymerSkipLoadingFontRoboto = true;  // it would be fetched from Google
