import { Argument, Command } from 'commander';
import { benchOrders } from './orders.ts';
import { benchOutbox } from './outbox.ts';
import { benchPropagation } from './propagation.ts';
import { benchSlowClients } from './slow-clients.ts';
import { benchSynthesis } from './synthesis.ts';
import { benchVolume } from './volume.ts';

/** Each prints its table and returns whether its figures are within their bounds. */
const benchmarks = {
  synthesis: benchSynthesis,
  outbox: benchOutbox,
  volume: benchVolume,
  propagation: benchPropagation,
  orders: benchOrders,
  'slow-clients': benchSlowClients,
} as const;
type Name = keyof typeof benchmarks;
const names = Object.keys(benchmarks) as Name[];

const program = new Command('bench')
  .description(
    'The benchmarks; exit code 1 if one misses its bound. `propagation`, `orders` and `slow-clients` need the running cluster.',
  )
  .addArgument(new Argument('[names...]', 'which').choices(names).default(names, 'all'))
  .option('--write-docs', 'store the figures: a dated row in docs/benchmarks.md, and the plot', false)
  .showHelpAfterError()
  .parse();

for (const name of program.processedArgs[0] as Name[]) {
  if (!(await benchmarks[name](program.opts<{ writeDocs: boolean }>()))) process.exitCode = 1;
}
