/** How the page looks: narrow and wide, light and dark, on paper. Colours of verdicts are Okabe & Ito's, darker or lighter than on figures. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1a1a1a; --muted: #5a5a5a; --paper: #ffffff; --card: #f6f6f4; --line: #d8d8d4;
  --link: #00598c; --better: #00694c; --worse: #a84300; --note: #fdf3dc; --note-line: #d99a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e6e3; --muted: #a8a8a3; --paper: #161718; --card: #202224; --line: #3a3d40;
    --link: #7cc3f0; --better: #4fcfa4; --worse: #f5995a; --note: #2e2817; --note-line: #b98a1c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", Helvetica, Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2.25rem 0 0.5rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); font-size: 1.15rem; }
h3 { margin: 1.25rem 0 0.25rem; font-size: 1rem; }
p, ul { margin: 0.5rem 0; max-width: 48rem; }
ul { padding-left: 1.25rem; }
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
td a, th a { text-decoration-color: transparent; white-space: nowrap; }
.number a { color: inherit; white-space: inherit; }
td a:hover, th a:hover, td a:focus, th a:focus { text-decoration-color: currentColor; }
header p, footer, small, caption, dt { color: var(--muted); }
nav { margin-top: 0.5rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
:target { outline: 2px solid var(--note-line); outline-offset: 3px; }
.verdict { margin: 1.25rem 0; padding: 0.75rem 1rem; border-left: 4px solid var(--link); background: var(--card); }
.verdict p { margin: 0.25rem 0; font-size: 1.0625rem; max-width: 56rem; }
.notes { padding: 0.5rem 1rem; border-left: 4px solid var(--note-line); background: var(--note); }
.notes ul { margin: 0; max-width: none; }
.box { max-width: 100%; overflow-x: auto; margin: 0.5rem 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.875rem; line-height: 1.35; }
caption { padding-bottom: 0.4rem; text-align: left; overflow-wrap: normal; }
caption span { display: block; max-width: min(48rem, calc(100vw - 2rem)); }
th, td { padding: 0.3rem 0.9rem 0.3rem 0; vertical-align: top; text-align: left; overflow-wrap: normal; }
thead th { border-bottom: 1px solid var(--ink); vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody tr { border-bottom: 1px solid var(--line); }
.number { text-align: right; white-space: pre; }
td.text { min-width: 7rem; max-width: 34rem; }
small { display: block; font-size: 0.75rem; font-weight: 400; white-space: normal; }
thead .number small { max-width: 7rem; margin-left: auto; }

.runs caption { color: var(--ink); font-weight: 600; }
.line { display: block; }
.better { color: var(--better); font-weight: 600; }
.worse, .failed, .diverged { color: var(--worse); font-weight: 600; }
.better::before { content: "▲ "; }
.worse::before { content: "▼ "; }
.figures { columns: 2 30rem; column-gap: 1rem; }
figure.box { margin: 0 0 1rem; break-inside: avoid; background: #ffffff; border: 1px solid var(--line); }
figure > svg { display: block; width: 100%; min-width: 30rem; height: auto; }
dl { margin: 0.5rem 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 0.25rem 2rem; }
dl div { display: flex; gap: 0.75rem; border-bottom: 1px solid var(--line); padding-bottom: 0.2rem; }
dt { flex: 0 0 8.5rem; }
dd { margin: 0; min-width: 0; }
code, pre { font: 0.8125rem/1.45 ui-monospace, "Liberation Mono", Menlo, Consolas, monospace; }
pre { margin: 0.5rem 0; padding: 0.75rem 1rem; background: var(--card); white-space: pre-wrap; }
summary { cursor: pointer; color: var(--link); }
footer { margin-top: 2.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); font-size: 0.8125rem; }
@media print {
  @page { size: A4; margin: 14mm; }
  :root {
    color-scheme: light;
    --ink: #000000; --muted: #444444; --paper: #ffffff; --card: #ffffff; --line: #bbbbbb;
    --link: #000000; --better: #00543d; --worse: #863600; --note: #ffffff; --note-line: #888888;
  }
  html { font-size: 10pt; }
  body { padding: 0; max-width: none; }
  nav, summary { display: none; }
  .box { overflow: visible; }
  .figures { columns: auto; }
  td a, th a { white-space: inherit; }
  table { font-size: 7pt; }
  small { font-size: 6pt; }
  thead .number small { max-width: 4rem; }
  th, td { padding: 0.2em 0.6em 0.2em 0; }
  tbody th { white-space: normal; }
  .number { white-space: pre-line; }
  td.text { min-width: 0; }
  thead { display: table-header-group; }
  tr, figure, dl div, .verdict, .notes li { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  a { text-decoration: none; }
  figure.box { border: 0; }
  figure > svg { min-width: 0; max-width: 14cm; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
