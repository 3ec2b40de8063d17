import { Argument, Command } from 'commander';
import { explainUsage } from '../../cluster/commands/run-command.ts';
import { benchBeside } from './beside.ts';
import { orderCrowding, readCrowding } from './crowding.ts';
import { benchOrders } from './orders.ts';
import { benchOutbox } from './outbox.ts';
import { benchPropagation } from './propagation.ts';
import { slowClients } from './slow-clients.ts';
import { benchSynthesis } from './synthesis.ts';
import { benchVolume } from './volume.ts';

type Options = { readonly writeDocs: boolean };

/** Each prints its table and returns whether its figures are within their bounds. */
const benchmarks = {
  synthesis: benchSynthesis,
  outbox: benchOutbox,
  volume: benchVolume,
  propagation: benchPropagation,
  orders: benchOrders,
  'slow-clients': (options: Options) => benchBeside(slowClients, options),
  crowding: async (options: Options) => {
    const isWithin = [await benchBeside(readCrowding, options), await benchBeside(orderCrowding, options)];
    return isWithin.every(Boolean);
  },
} as const;
type Name = keyof typeof benchmarks;
const names = Object.keys(benchmarks) as Name[];

const program = explainUsage(
  new Command('bench')
    .description(
      'The benchmarks; exit code 1 if one misses its bound. `propagation`, `orders`, `slow-clients` and `crowding` need the ' +
        'running cluster.',
    )
    .addArgument(new Argument('[names...]', 'which').choices(names).default(names, 'all'))
    .option('--write-docs', 'store the figures: a dated row in docs/benchmarks.md, and the plot', false),
).parse();

for (const name of program.processedArgs[0] as Name[]) {
  if (!(await benchmarks[name](program.opts<Options>()))) process.exitCode = 1;
}
