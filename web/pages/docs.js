// Shows the API's own description. All of it comes from this server; nothing is sent to any other.
"use strict";

SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,  // a token stays in memory
  validatorUrl: null,
});
