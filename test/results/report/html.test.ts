import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Html, html } from '../../../results/report/html.ts';

const test = suite('html');

test('parts are escaped, but for what html made itself', () => {
  const inner = html`<b>${'<&>"\''}</b>`;
  assert.is(inner.markup, '<b>&lt;&amp;&gt;&quot;&#39;</b>');
  assert.is(
    html`<p>${inner}${null}${1}${[inner, ' ']}</p>`.markup,
    `<p>${inner.markup}1${inner.markup} </p>`,
  );
});

test('nothing else passes for markup', () => {
  assert.throws(() => new Html('<b>', Symbol('html')), /made with html/);
  const alike = { markup: '<b>' } as never;
  assert.not.match(html`${alike}`.markup, '<b>');
});

test('a part cannot stand in an attribute without quotes', () => {
  assert.throws(() => html`<p class=${'a b'}>`, /without quotes/);
});

test('characters that HTML cannot hold, or that turn a text around, are replaced', () => {
  assert.is(html`${'a\u0000b\u001bc\u202ed\ne'}`.markup, 'a\ufffdb\ufffdc\ufffdd\ne');
});

test.run();
