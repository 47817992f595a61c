module.exports = {
  extends: ['eslint:recommended'],
  rules: {
    'no-console': process.env.CI ? 'error' : 'off',
  },
};
