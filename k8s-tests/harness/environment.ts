export { kubeconfigPath, readPorts } from '../../cluster/state.ts';
