/** The part of `npm run customer` that knows the database of orders. */
import { runSubjectProgram } from '../../lib/runtime/subject-program.ts';
import { customerData } from './customer-data.ts';

await runSubjectProgram(customerData);
