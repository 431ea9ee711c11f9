/** The page at `/docs`. Its addresses are relative, so that it works behind a proxy that adds a folder. */
export const pageMarkup = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>Gantry API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="stylesheet" href="docs/start.css">
  </head>
  <body>
    <main id="api">
      <noscript>This page needs JavaScript. The document itself is at <a href="openapi.json">openapi.json</a>.</noscript>
    </main>
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/start.js" defer></script>
  </body>
</html>
`;

/** The key stays in the page's memory and is gone with it. No validator, and nothing else elsewhere, is asked. */
export const pageScript = `SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  queryConfigEnabled: false,
  syntaxHighlight: { activated: false },
  tryItOutEnabled: true,
  validatorUrl: null,
  withCredentials: false,
});
`;

export const pageStyle = `body { margin: 0; }
.swagger-ui .topbar { display: none; }
`;
