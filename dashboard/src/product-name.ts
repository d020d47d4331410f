/** What this server is called, as its operator set it (`PRODUCT_NAME`): the server writes it into the document. */
export const productName = document.querySelector<HTMLMetaElement>('meta[name="product-name"]')?.content || 'Rollcall';
