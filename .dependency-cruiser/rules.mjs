/**
 * Which folder may import which. dependency-cruiser resolves every import, so the spelling of a path does not matter.
 * `npm run lint:imports` checks these rules.
 *
 * Each rule names what its files may import; everything else of this repository is an error.
 */
const ours = '^(cdk8s|cluster|k8s-tests|services)/';
const tests = '\\.test\\.ts$';
const oneWay =
  'cdk8s/ imports one way: model, then analysis, then mesh, then charts and documents, then commands, which alone read the data.';
const ownFolderOnly = 'A service imports its own folder, services/lib and services/contracts: never another service.';

const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from,
  to: { path: ours, pathNot: allowed },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'Files import in a circle.', from: {}, to: { circular: true } },
    only(
      'lib-stands-alone',
      { path: '^services/lib/', pathNot: tests },
      '^services/lib/',
      'services/lib imports nothing outside itself: it knows no service and no word of the shop.',
    ),
    only(
      'lib-tests-stand-alone',
      { path: `^services/lib/.*${tests}` },
      '^services/(lib|contracts)/',
      'Tests of services/lib import nothing outside it but contracts, as examples.',
    ),
    only(
      'contracts-stand-alone',
      { path: '^services/contracts/' },
      '^services/contracts/',
      'The contracts import nothing of ours.',
    ),
    only(
      'services-stand-alone',
      { path: '^services/(?!lib/|contracts/)([^/]+)/' },
      '^services/($1|lib|contracts)/',
      ownFolderOnly,
    ),
    only('services-folder', { path: '^services/[^/]+$' }, '^services/', 'services/ imports nothing outside itself.'),
    only(
      'cluster-stands-alone',
      { path: '^cluster/' },
      '^cluster/',
      'cluster/ brings up any cluster and knows neither the model nor the services nor the tests.',
    ),
    only('cdk8s-stands-alone', { path: '^cdk8s/' }, '^cdk8s/', 'cdk8s/ imports nothing outside itself.'),
    only('model', { path: '^cdk8s/model/', pathNot: tests }, '^cdk8s/model/', oneWay),
    only('analysis', { path: '^cdk8s/analysis/', pathNot: tests }, '^cdk8s/(model|analysis)/', oneWay),
    only('mesh', { path: '^cdk8s/mesh/', pathNot: tests }, '^cdk8s/(model|analysis|mesh|imports)/', oneWay),
    only('charts', { path: '^cdk8s/charts/', pathNot: tests }, '^cdk8s/(model|mesh|charts|imports)/', oneWay),
    only('documents', { path: '^cdk8s/documents/', pathNot: tests }, '^cdk8s/(model|analysis|documents)/', oneWay),
    only(
      'commands',
      { path: '^cdk8s/commands/', pathNot: tests },
      '^cdk8s/((model|analysis|mesh|charts|documents|commands|imports)/|[^/]+$)',
      oneWay,
    ),
    only(
      'data',
      { path: '^cdk8s/[^/]+$', pathNot: tests },
      '^cdk8s/(model/|[^/]+$)',
      'What a user edits imports the words of the model and nothing else.',
    ),
    {
      name: 'checker-is-independent',
      severity: 'error',
      comment: 'The checker shares no code with the services: no test would detect a mistake that both make.',
      from: { path: '^k8s-tests/checker/', pathNot: tests },
      to: { path: '^services/' },
    },
  ],
  options: {
    // TypeScript 7 has no API yet that dependency-cruiser could call. swc parses type imports too; Biome rejects
    // `import('…').Type` (.biome/no-import-types.grit), which swc's visitor does not report.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
