/**
 * The name that the operator gave the server (`PRODUCT_NAME`). The server writes it into the
 * document.
 */
export const productName = document.querySelector<HTMLMetaElement>('meta[name="product-name"]')?.content || 'Rollcall';
