// The other implementations of our interoperability tests: the Digital Bazaar packages, and certlogic-js for
// rules, behind one JSON line per request and one per answer, over standard input and output. It loads no document from anywhere but the
// requests ("documents"), so what it verifies it verifies with our contexts and our DID documents.
//
// Requests: {"op": name, ...arguments}. Answers: {"result": value} or {"error": "message"}.

import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as bbs2023 from '@digitalbazaar/bbs-2023-cryptosuite';
import * as ecdsaJcs2019 from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaSd2023 from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as eddsaJcs2022 from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import certLogic from 'certlogic-js';
import certLogicValidation from 'certlogic-js/dist/validation/index.js';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createInterface} from 'node:readline';
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';

// What each suite needs: its keys, and its three faces (one object for all where the package has only one).
const SUITES = {
  'bbs-2023': {keys: Bls12381Multikey, ...bbs2023},
  'ecdsa-jcs-2019': {keys: EcdsaMultikey, ...ecdsaJcs2019},
  'ecdsa-rdfc-2019': {
    keys: EcdsaMultikey,
    createSignCryptosuite: () => ecdsaRdfc2019,
    createVerifyCryptosuite: () => ecdsaRdfc2019
  },
  'ecdsa-sd-2023': {keys: EcdsaMultikey, ...ecdsaSd2023},
  'eddsa-jcs-2022': {keys: Ed25519Multikey, ...eddsaJcs2022},
  'eddsa-rdfc-2022': {
    keys: Ed25519Multikey,
    createSignCryptosuite: () => eddsaRdfc2022,
    createVerifyCryptosuite: () => eddsaRdfc2022
  }
};

const documents = new Map();

async function documentLoader(url) {
  const [base, fragment] = url.split('#');
  const document = documents.get(base);
  if(document === undefined) {
    throw new Error(`not among the documents: ${url}`);
  }
  if(fragment === undefined) {
    return {contextUrl: null, documentUrl: url, document};
  }
  const method = document.verificationMethod.find(({id}) => id === url);
  return {contextUrl: null, documentUrl: url, document: {'@context': MULTIKEY_CONTEXT, ...method}};
}

// An issuer imports its key once.
const pairs = new Map();

async function keyPair(keys, key) {
  if(!pairs.has(key.secretKeyMultibase)) {
    pairs.set(key.secretKeyMultibase, await keys.from({'@context': MULTIKEY_CONTEXT, type: 'Multikey', ...key}));
  }
  return pairs.get(key.secretKeyMultibase);
}

async function signingSuite({suite, key, created, mandatoryPointers}) {
  const {keys, createSignCryptosuite} = SUITES[suite];
  const pair = await keyPair(keys, key);
  const cryptosuite = createSignCryptosuite(mandatoryPointers ? {mandatoryPointers} : undefined);
  return new DataIntegrityProof({signer: pair.signer(), date: created, cryptosuite});
}

function verifyingSuite(suite) {
  return new DataIntegrityProof({cryptosuite: SUITES[suite].createVerifyCryptosuite()});
}

// Status lists are not what is compared here; without an answer their verifier refuses every entry.
async function checkStatus() {
  return {verified: true};
}

// Every message of an error that holds others, since the outer one only says "verification error".
function messages(error) {
  if(!error) {
    return [];
  }
  return [error.message, ...(error.errors ?? []).flatMap(messages), ...messages(error.cause)];
}

function verdict({verified, error}) {
  return {verified, messages: messages(error)};
}

function withoutDates(value) {
  if(value instanceof Date) {
    return {'date-time': value.getTime()};
  }
  if(Array.isArray(value)) {
    return value.map(withoutDates);
  }
  if(value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutDates(member)]));
  }
  return value;
}

const OPERATIONS = {
  documents({documents: added}) {
    Object.entries(added).forEach(([url, document]) => documents.set(url, document));
    return documents.size;
  },

  async issue({credential, ...options}) {
    return vc.issue({credential, suite: await signingSuite(options), documentLoader});
  },

  async derive({suite, credential, selectivePointers, presentationHeader}) {
    const options = {selectivePointers};
    if(presentationHeader !== undefined) {
      options.presentationHeader = new Uint8Array(Buffer.from(presentationHeader, 'base64url'));
    }
    const cryptosuite = SUITES[suite].createDiscloseCryptosuite(options);
    return vc.derive({
      verifiableCredential: credential, suite: new DataIntegrityProof({cryptosuite}), documentLoader
    });
  },

  async present({presentation, challenge, domain, ...options}) {
    return vc.signPresentation({
      presentation, challenge, domain, suite: await signingSuite(options), documentLoader
    });
  },

  async verify({suite, credential, now}) {
    return verdict(await vc.verifyCredential({
      credential, suite: verifyingSuite(suite), documentLoader, checkStatus, now
    }));
  },

  async verifyPresentation({suites, presentation, challenge, domain, now}) {
    const result = await vc.verify({
      presentation, challenge, domain, suite: suites.map(verifyingSuite), documentLoader, checkStatus, now
    });
    const errors = [result.error, ...(result.credentialResults ?? []).map(({error}) => error)];
    return {verified: result.verified, messages: errors.flatMap(messages)};
  },

  // One expression; a date-time is told as {"date-time": milliseconds}, an error by its message.
  evaluateLogic({expression, data}) {
    try {
      return {value: withoutDates(certLogic.evaluate(expression, data))};
    } catch(error) {
      return {failed: error.message};
    }
  },

  validateLogic({expression}) {
    return certLogicValidation.validate(expression).map(({message}) => message);
  },

  // Repeats a request and says how many milliseconds each time took, for the benchmark.
  async time({request: {op, ...request}, seconds}) {
    const taken = [];
    const end = performance.now() + 1000 * seconds;
    while(performance.now() < end || taken.length < 3) {
      const start = performance.now();
      const answer = await OPERATIONS[op](request);
      taken.push(performance.now() - start);
      if(answer.verified === false) {
        throw new Error(answer.messages.join('; '));
      }
    }
    return taken;
  }
};

for await (const line of createInterface({input: process.stdin})) {
  let answer;
  try {
    const {op, ...request} = JSON.parse(line);
    answer = {result: await OPERATIONS[op](request)};
  } catch(error) {
    answer = {error: messages(error).join('; ')};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
