import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../cluster/paths.ts';
import { addRow } from '../benchmark-log.ts';
import { BOUND_SERVICES, type Figure, type SizeFigures } from './figures.ts';
import { plotScaling } from './plot.ts';

const docs = join(root, 'docs');
const log = join(docs, 'benchmarks.md');
const newLog = '# Benchmarks\n\nEach line is one run of `npm run bench -- --write-docs`.\n';

/** Redraws docs/synthesis-scaling.svg and adds a dated line to docs/benchmarks.md. */
export async function keepFigures(rows: readonly SizeFigures[], figures: readonly Figure[]): Promise<void> {
  mkdirSync(docs, { recursive: true });
  const plot = await plotScaling(
    rows.flatMap(({ services, ours, inProcess, helm }) => [
      { services, seconds: ours / 1_000, series: 'Windlass, whole process' },
      { services, seconds: inProcess / 1_000, series: 'Windlass, in process' },
      { services, seconds: helm / 1_000, series: 'helm template of an equal chart' },
    ]),
  );
  writeFileSync(join(docs, 'synthesis-scaling.svg'), plot);

  const atBound = rows.filter(({ services }) => services === BOUND_SERVICES);
  writeFileSync(
    log,
    addRow(existsSync(log) ? readFileSync(log, 'utf8') : newLog, 'Synthesis (synthesis-scaling.svg)', {
      date: new Date().toISOString().slice(0, 10),
      cores: availableParallelism(),
      ...Object.fromEntries(
        atBound.flatMap(({ services, objects, ours, inProcess, helm }) => [
          ['services', services],
          ['objects', objects],
          ['ours, ms', Math.round(ours)],
          ['of that in process, ms', Math.round(inProcess)],
          ['helm template, ms', Math.round(helm)],
        ]),
      ),
      ...Object.fromEntries(figures.map(({ figure, value, bound }) => [`${figure} (at most ${bound})`, value])),
    }),
  );
}
