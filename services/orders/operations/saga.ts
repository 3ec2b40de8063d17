/** The program behind `npm run saga`, which runs it where the database of orders can be reached. */

import { createLog } from '../../lib/observability/log.ts';
import { openDatabase } from '../../lib/postgres/database.ts';
import { readConfig } from '../../lib/runtime/read-config.ts';
import { runCommand } from '../../lib/runtime/run-command.ts';
import { commandPoolSize, databaseFiles, databaseFileVariables } from '../../lib/runtime/variables.ts';
import { sagaCommandLine } from './command-line.ts';
import { runSaga } from './run-saga.ts';

await runCommand(
  sagaCommandLine(async (command) => {
    const files = databaseFiles(readConfig(databaseFileVariables, process.env));
    const database = openDatabase(files, createLog('saga', 'error', process.stderr), commandPoolSize);
    try {
      for await (const line of runSaga(database, command)) console.log(line);
    } finally {
      await database.close();
    }
  }),
);
