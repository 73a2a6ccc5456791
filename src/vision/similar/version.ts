/** The version of the visual features that the default net makes: the net and the recipe, colours and covering included. */
export const visualFeatureVersion = 'mobilenet-1';
