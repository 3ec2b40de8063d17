import { BlockList, isIPv6 } from 'node:net';
import { type Environment, GIVEN } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';

/**
 * A registry's host, a path, perhaps a tag, and a digest. Without a host, Docker would ask Docker Hub, where the name
 * that dev's image has is not ours.
 */
const BY_DIGEST =
  /^(?!((index|registry-1)\.)?docker\.io(:\d+)?\/windlass\/)([a-z0-9-]+(\.[a-z0-9-]+)+|localhost)(:\d+)?(\/[a-z0-9._-]+)+(:[\w.-]+)?@sha256:(?!0{64})[0-9a-f]{64}$/;

/** An image for customers that nothing can pull. */
const EXAMPLE_IMAGE = `registry.example/windlass/services@sha256:${'0'.repeat(64)}`;

/** Blocks that RFC 5737 and RFC 3849 reserve for documentation. */
const DOCUMENTATION = new BlockList();
for (const block of ['192.0.2.0', '198.51.100.0', '203.0.113.0']) DOCUMENTATION.addSubnet(block, 24);
DOCUMENTATION.addSubnet('2001:db8::', 32, 'ipv6');

/**
 * What an environment for customers still lacks that its operator brings: the image by its digest, and the names and
 * addresses that the source has only examples of. An environment for tests lacks nothing.
 *
 * @param examples accept examples
 */
export function missingFrom(
  name: string,
  environment: Environment,
  { examples = false }: { readonly examples?: boolean | undefined } = {},
): Problem[] {
  if (environment.faults === 'on') return [];
  const subject = `environments.${name}`;
  const { image, ...others } = environment;
  return [
    ...imageByDigest(subject, image),
    ...(examples ? [] : textsOf(others).flatMap(([field, text]) => noExample(subject, field, text))),
  ];
}

/** An environment for customers with an image that can be read but not pulled, unless its own has a digest. */
export function asExample(environment: Environment): Environment {
  const isFine = environment.faults === 'on' || BY_DIGEST.test(environment.image);
  return isFine ? environment : { ...environment, image: EXAMPLE_IMAGE };
}

function imageByDigest(subject: string, image: string): Problem[] {
  if (BY_DIGEST.test(image)) return [];
  const given = image === GIVEN;
  const notOurs = 'a tag can move, a name without a registry is of Docker Hub, and docker.io/windlass is not ours';
  return [
    {
      subject,
      value: `image = ${given ? 'none' : image}`,
      rule: 'image-by-digest',
      message:
        `${given ? 'nothing names the image' : notOurs}: ` +
        'use IMAGE=registry.example/team/services@sha256:…, with the digest that the push printed.',
    },
  ];
}

function noExample(subject: string, field: string, text: string): Problem[] {
  const host = URL.parse(text)?.hostname || URL.parse(`https://${text}`)?.hostname || text;
  const [address = ''] = text.split('/');
  const isExample = /(^|\.)example(\.(com|net|org))?\.?$/.test(host) || isDocumentation(address);
  if (!isExample) return [];
  const message = 'this is an example: write your own into cdk8s/environments.ts, or read the result with --examples.';
  return [{ subject, value: `${field} = ${text}`, rule: 'no-examples', message }];
}

function isDocumentation(address: string): boolean {
  return DOCUMENTATION.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** All texts of a value, each with its field: `partners.acquirer.host`. */
function textsOf(value: unknown, field = ''): [field: string, text: string][] {
  if (typeof value === 'string') return [[field, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, field === '' ? key : `${field}.${key}`));
}
