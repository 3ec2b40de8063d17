import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface Point {
  readonly services: number;
  readonly seconds: number;
  readonly series: string;
}

/** Draws time over size as an SVG document, one line per series. */
export async function plotScaling(points: readonly Point[]): Promise<string> {
  const spec: TopLevelSpec = {
    title: 'Synthesis of a synthetic topology, median of alternating runs',
    width: 560,
    height: 320,
    background: 'white',
    data: { values: [...points] },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'services', type: 'quantitative', title: 'services' },
      y: { field: 'seconds', type: 'quantitative', title: 'seconds' },
      color: { field: 'series', type: 'nominal', title: null, legend: { orient: 'top-left', labelLimit: 0 } },
    },
  };
  return new View(parse(compile(spec).spec)).toSVG();
}
