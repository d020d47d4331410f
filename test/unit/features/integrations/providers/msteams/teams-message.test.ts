import assert from 'node:assert/strict';
import type { OutletEvent } from '../../../../../../server/src/domain/outlet-events.ts';
import { changeMessage } from '../../../../../../server/src/features/integrations/providers/msteams/teams-message.ts';

const publicUrl = 'https://rollcall.example';

function added(name: string): OutletEvent {
  const after = { id: '1', name, orgRole: 'member' };
  return { type: 'member.added', data: { organization: { id: '1', slug: 'acme' }, before: null, after } } as unknown as OutletEvent;
}

const textsOf = (events: readonly OutletEvent[]) => changeMessage(events, publicUrl).attachments[0]!.content.body.map(({ text }) => text);

describe('a message to Microsoft Teams', () => {
  it('[13.12] lists up to 20 events, and counts the others', () => {
    const texts = textsOf(Array.from({ length: 25 }, (_, number) => added(`Person ${number}`)));
    assert.deepEqual([texts.length, texts[0], texts[1], texts.at(-1)], [22, 'acme', 'Person 0 joined as member', 'and 5 more changes']);
  });

  it('[13.12] shows fewer events if the message would be larger than Teams accepts', () => {
    const events = Array.from({ length: 30 }, () => added('é'.repeat(3_000)));
    const message = changeMessage(events, publicUrl);
    assert.ok(Buffer.byteLength(JSON.stringify(message)) <= 20 * 1_024);
    const texts = textsOf(events);
    assert.ok(texts.length > 5);
    assert.equal(texts.at(-1), `and ${30 - (texts.length - 2)} more changes`);
  });

  it('[13.12] shows the name of a person that looks like a link as it is', () => {
    assert.equal(textsOf([added('[Approve](https://evil.example)')])[1], '[Approve]\u200b(https://evil.example) joined as member');
  });
});
