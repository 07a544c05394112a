"""The scikit-learn door to learning: `GaitClassifier`, and the classical baselines on descriptors."""
