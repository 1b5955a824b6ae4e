import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CompetitiveNetwork } from '../../networks/index.ts';
import { float64, networkSettings, normalState, runOnce } from '../support.ts';

for (const power of [1, 2, 4.5])
  test(`hidden rates are the power ${power} of rectified potentials, with its derivative; outputs are as ever`, async () => {
    const { device, k } = float64();
    const settings = networkSettings({ layers: [5, 8, 3], activation: 'relu' });
    const network = new CompetitiveNetwork(k, 3, settings, { power });
    const [input, error] = [normalState(k, 'input', 4, 5), normalState(k, 'error', 4, 8)];
    const keep = (name: string, size: number) => k.state(name, 4, size);
    const kept = { v: keep('v', 8), h: keep('h', 8), e: keep('e', 8), y: keep('y', 3) };
    await runOnce(k, () => {
      const activity = network.forward(input);
      k.mapInto(kept.v, (v) => v, activity[1]!.potential);
      k.mapInto(kept.h, (h) => h, activity[1]!.rate);
      k.mapInto(kept.y, (y) => y, activity[2]!.rate);
      k.mapInto(kept.e, (e) => e, network.throughActivation(1, error, activity));
    });
    const values = (t: typeof kept.v) => [...device.values(t)];
    const rate = (v: number) => Math.max(v, 0) ** power;
    const [v, h, e] = [values(kept.v), values(kept.h), values(kept.e)];
    assert.ok(v.some((x) => x < 0) && v.some((x) => x > 0));
    for (const [i, x] of v.entries()) {
      assert.ok(Math.abs(h[i]! - rate(x)) < 1e-12);
      const slope = (rate(x + 1e-6) - rate(x - 1e-6)) / 2e-6;
      assert.ok(Math.abs(e[i]! - device.values(error)[i]! * slope) < 1e-7);
    }
    const y = values(kept.y);
    for (const i of [0, 3, 6, 9]) assert.ok(Math.abs(y[i]! + y[i + 1]! + y[i + 2]! - 1) < 1e-12);
  });

test.run();
