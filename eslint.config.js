import js from "@eslint/js";

export default [
  js.configs.recommended,
  {
    rules: {
      "no-undef": "off", // tsc knows the browser's names
      "no-unused-vars": "off", // tsc says it
      "prefer-const": ["error", { destructuring: "all" }],
      "no-var": "error",
      eqeqeq: "error",
      "object-shorthand": "error",
    },
  },
];
