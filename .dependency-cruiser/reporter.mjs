import { readFileSync } from 'node:fs';

/** A reporter of dependency-cruiser that prints the line of each forbidden import; its own reporters name only files. */
export default function report({ modules, summary }) {
  const { violations, totalCruised, totalDependenciesCruised, ruleSetUsed } = summary;
  const specifiers = new Map(
    modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved, module }) => [`${source} ${resolved}`, module]),
    ),
  );
  const comments = new Map((ruleSetUsed?.forbidden ?? []).map(({ name, comment }) => [name, comment]));
  const lines = violations.map(({ from, to, rule, cycle }) => {
    const next = cycle?.[0]?.name ?? to;
    const specifier = specifiers.get(`${from} ${next}`) ?? next;
    const circle = cycle ? ` ${[from, ...cycle.map(({ name }) => name)].join(' -> ')}` : '';
    return `${from}:${lineOf(from, specifier)}: imports ${specifier} [${rule.name}] ${comments.get(rule.name)}${circle}`;
  });
  const total = `${totalCruised} files, ${totalDependenciesCruised} imports, ${violations.length} of them forbidden`;
  return { output: `${[...lines, total].join('\n')}\n`, exitCode: violations.length > 0 ? 1 : 0 };
}

function lineOf(file, specifier) {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(`'${specifier}'`)) + 1;
}
