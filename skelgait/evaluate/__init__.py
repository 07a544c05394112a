"""How good a model is, on whom, and how sure that is: folds by subject, leaks, scores with intervals, comparisons, figures."""
