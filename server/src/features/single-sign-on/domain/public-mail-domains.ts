import type { FieldErrors } from '../../../domain/field-errors.ts';

/**
 * Domains of mail providers at which anyone can get an address. The source is the list
 * `common.json` of the package `email-providers` 2.26.0 (ISC license), which has the providers with
 * the most users. Left out are names in it that are no providers of mail. Added are other names of
 * the same providers.
 */
const names = `
126.com 163.com 21cn.com abv.bg aim.com aol.co.uk aol.com arcor.de bigpond.com bk.ru bluewin.ch bol.com.br
btinternet.com centrum.cz comcast.net cox.net daum.net docomo.ne.jp duck.com email.com email.cz excite.com
fastmail.com fastmail.fm foxmail.com free.fr freenet.de gazeta.pl gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it
hotmail.ru hushmail.com icloud.com inbox.com inbox.lv inbox.ru indiatimes.com interia.pl juno.com laposte.net
libero.it list.ru live.ca live.co.uk live.com live.de live.fr live.it live.nl lycos.com mac.com mail.com mail.ru
mailbox.org me.com msn.com nate.com naver.com netscape.net netzero.net o2.pl onet.pl op.pl orange.fr outlook.at
outlook.com outlook.de outlook.es outlook.fr outlook.it outlook.jp pm.me pobox.com poczta.onet.pl posteo.de
privaterelay.appleid.com proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sapo.pt sbcglobal.net
seznam.cz sfr.fr sina.cn sina.com sohu.com t-online.de terra.com.br tiscali.it tuta.com tutanota.com tutanota.de
ukr.net uol.com.br verizon.net virgilio.it wanadoo.fr web.de wp.pl ya.ru yahoo.ca yahoo.co.id yahoo.co.in
yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.mx yahoo.com.tw yahoo.de
yahoo.es yahoo.fr yahoo.it yahoo.jp yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com`;

const domains = new Set(names.trim().split(/\s+/));

/**
 * The reason why an organization can't add this domain: the people with its addresses have nothing
 * to do with the organization. Empty for other domains.
 * @param domain as `parseDomainName` returns it
 */
export function publicMailErrors(domain: string): FieldErrors {
  if (!domains.has(domain)) return {};
  const reason = `Anyone can get an address of ${domain}, because it belongs to a public mail provider.`;
  return { domain: [`${reason} Enter a domain of your organization.`] };
}
