// Builds main.js into site/, with the plugins that webpack's documentation uses for production.
// `built-styles.full.test.ts` runs it in a folder with the packages.
import path from 'node:path';
import { promisify } from 'node:util';
import CssMinimizerPlugin from 'css-minimizer-webpack-plugin';
import MiniCssExtractPlugin from 'mini-css-extract-plugin';
import webpack from 'webpack';

const stats = await promisify(webpack)({
  mode: 'production',
  entry: path.resolve('main.js'),
  output: { path: path.resolve('site') },
  module: { rules: [{ test: /\.css$/, use: [MiniCssExtractPlugin.loader, 'css-loader'] }] },
  optimization: { minimizer: ['...', new CssMinimizerPlugin()] },
  plugins: [new MiniCssExtractPlugin()],
});
if (stats.hasErrors()) throw new Error(stats.toString());
