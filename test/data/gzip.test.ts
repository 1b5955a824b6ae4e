import { spawnSync } from 'node:child_process';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GzipError, gunzip } from '../../data/gzip.ts';

const test = suite('gzip');

interface Member {
  readonly extra?: Buffer;
  readonly name?: string;
  readonly comment?: string;
  readonly headerCrc?: boolean;
  readonly level?: number;
}

/** A member by RFC 1952, field by field. */
function member(data: Buffer, { extra, name, comment, headerCrc, level = 6 }: Member = {}): Buffer {
  const number = (bytes: 2 | 4, value: number): Buffer => {
    const field = Buffer.alloc(bytes);
    field.writeUIntLE(value, 0, bytes);
    return field;
  };
  const text = (value: string | undefined): Buffer[] =>
    value === undefined ? [] : [Buffer.from(`${value}\0`, 'latin1')];
  const flags =
    Number(headerCrc ?? false) * 2 +
    Number(extra !== undefined) * 4 +
    Number(name !== undefined) * 8 +
    Number(comment !== undefined) * 16;
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3]),
    ...(extra ? [number(2, extra.length), extra] : []),
    ...text(name),
    ...text(comment),
  ]);
  return Buffer.concat([
    header,
    ...(headerCrc ? [number(2, crc32(header) & 0xffff)] : []),
    deflateRawSync(data, { level }),
    number(4, crc32(data)),
    number(4, data.length),
  ]);
}

async function unpack(packed: Uint8Array): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gunzip(packed)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const reasonOf = (packed: Uint8Array): Promise<string> =>
  unpack(packed).then(
    () => 'nothing is wrong',
    (error: unknown) => {
      assert.instance(error, GzipError, String((error as Error).stack));
      return (error as Error).message;
    },
  );

const [one, two] = [Buffer.from('the first part, '), Buffer.from('and the second')];
const empty = Buffer.alloc(0);
const noise = Buffer.from(Uint8Array.from({ length: 900_000 }, (_, i) => (i * 40503 * (i >> 3)) >> 7));
const both = [member(one), member(two)];

/** Packed bytes, and what is in them. */
const WHOLE: Record<string, [Buffer, Buffer]> = {
  'one member': [member(one), one],
  'what Node packs': [gzipSync(one), one],
  'stored data': [member(one, { level: 0 }), one],
  'several chunks': [member(noise), noise],
  'several members of several chunks': [
    Buffer.concat([member(noise), member(noise, { level: 0 })]),
    Buffer.concat([noise, noise]),
  ],
  'members that follow each other': [Buffer.concat(both), Buffer.concat([one, two])],
  'no data': [member(empty), empty],
  'empty members between others': [
    Buffer.concat([member(empty), member(one), member(empty), member(empty), member(two), member(empty)]),
    Buffer.concat([one, two]),
  ],
  'extra fields': [member(one, { extra: Buffer.from([0x41, 0x70, 2, 0, 0, 31]) }), one],
  'an extra field of no bytes': [member(one, { extra: empty }), one],
  'a file name': [member(one, { name: 'train-images-idx3-ubyte' }), one],
  'an empty file name and a comment': [member(one, { name: '', comment: 'caf\xe9' }), one],
  'a checksum of the header': [member(one, { headerCrc: true }), one],
  'all parts of a header, twice': [
    Buffer.concat(
      [one, two].map((data) =>
        member(data, { extra: Buffer.alloc(300, 31), name: 'n', comment: 'c', headerCrc: true }),
      ),
    ),
    Buffer.concat([one, two]),
  ],
  'zeros after the end': [Buffer.concat([...both, Buffer.alloc(5000)]), Buffer.concat([one, two])],
  'one zero after the end': [Buffer.concat([member(one), Buffer.alloc(1)]), one],
  'other bytes after the end': [Buffer.concat([member(one), Buffer.from('signature')]), one],
  'a member after zeros': [Buffer.concat([member(one), Buffer.alloc(3), member(two)]), one],
};
for (const [title, [packed, data]] of Object.entries(WHOLE))
  test(`reads ${title}`, async () => assert.is(Buffer.compare(await unpack(packed), data), 0));

function changed(bytes: Buffer, at: number, value = bytes.at(at)! ^ 0x55): Buffer {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at] = value;
  return copy;
}

const DAMAGED: Record<string, [Buffer, string]> = {
  'cut in the header': [member(one).subarray(0, 7), 'unexpected end of file'],
  'cut after the magic number': [member(one).subarray(0, 2), 'unexpected end of file'],
  'cut in a file name': [member(one, { name: 'faces' }).subarray(0, 13), 'unexpected end of file'],
  'cut in the data': [member(one).subarray(0, 20), 'unexpected end of file'],
  'cut before the checksum': [member(one).subarray(0, -8), 'unexpected end of file'],
  'cut in the length': [member(one).subarray(0, -1), 'unexpected end of file'],
  'cut in a later member': [Buffer.concat(both).subarray(0, -3), 'unexpected end of file'],
  'cut after the magic number of a later member': [
    Buffer.concat([member(one), Buffer.from([0x1f, 0x8b])]),
    'unexpected end of file',
  ],
  'a wrong checksum': [changed(member(one), -8), 'incorrect data check'],
  'a wrong length': [changed(member(one), -4), 'incorrect length check'],
  'a wrong checksum in the first of two': [
    Buffer.concat([changed(both[0]!, -6), both[1]!]),
    'incorrect data check',
  ],
  'a wrong length in the last of two': [
    Buffer.concat([both[0]!, changed(both[1]!, -1)]),
    'incorrect length check',
  ],
  'changed data': [changed(member(noise, { level: 0 }), 400_000), 'incorrect data check'],
  'data that are not deflated': [changed(member(one), 10, 0xff), 'invalid block type'],
  'a wrong checksum of the header': [changed(member(one, { headerCrc: true }), 10), 'header crc mismatch'],
  'another method': [changed(member(one), 2, 7), 'unknown compression method'],
  'flags that no one knows': [changed(member(one), 3, 0x40), 'unknown header flags set'],
  'one stray byte after the end': [Buffer.concat([member(one), Buffer.from('x')]), 'stray byte'],
};
for (const [title, [packed, reason]] of Object.entries(DAMAGED))
  test(`refuses ${title}`, async () => assert.match(await reasonOf(packed), reason));

/** What the system's gunzip makes of it; its exit status 2 is a note on what it passed over. */
const system = (packed: Buffer): { accepted: boolean; data: Buffer } => {
  const { status, stdout } = spawnSync('gunzip', ['-c'], { input: packed, maxBuffer: 2 ** 26 });
  return { accepted: status === 0 || status === 2, data: stdout };
};
const hasGunzip = spawnSync('gunzip', ['--version']).stdout?.toString().includes('gzip)');
if (!hasGunzip) console.log('skipped: comparison with GNU gunzip (it is not installed)');

(hasGunzip ? test : test.skip)(
  'agrees with gunzip on whole, damaged and arbitrarily edited files',
  async () => {
    const agree = async (packed: Buffer): Promise<boolean> => {
      const { accepted, data } = system(packed);
      if (accepted) assert.is(Buffer.compare(await unpack(packed), data), 0);
      else assert.is.not(await reasonOf(packed), 'nothing is wrong');
      return accepted;
    };
    for (const [packed] of Object.values(WHOLE)) assert.ok(await agree(packed));
    for (const [packed] of Object.values(DAMAGED)) assert.not.ok(await agree(packed));
    const files = fc.array(
      fc.record({
        data: fc.uint8Array({ maxLength: 20 }),
        extra: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined }),
        name: fc.constantFrom(undefined, '', 'name'),
        headerCrc: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.option(edit, { freq: 1 }),
        fc.uint8Array({ maxLength: 3 }),
        async (members, change, after) => {
          let packed: Buffer = Buffer.concat([
            ...members.map(({ data, extra, name, headerCrc }) =>
              member(Buffer.from(data), {
                headerCrc,
                ...(extra && { extra: Buffer.from(extra) }),
                ...(name !== undefined && { name }),
              }),
            ),
            after,
          ]);
          // The first two bytes stay: without them it is no gzip file.
          const at = 2 + ((change?.at ?? 0) % (packed.length - 2));
          if (change) packed = change.cut ? packed.subarray(0, at) : changed(packed, at, change.byte);
          accepted += Number(await agree(packed));
        },
      ),
      { numRuns: 300, seed: 1 },
    );
    assert.ok(accepted > 50 && accepted < 250, `${accepted} of 300 were accepted`);
  },
);

test.run();
