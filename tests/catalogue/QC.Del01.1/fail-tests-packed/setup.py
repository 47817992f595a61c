from setuptools import find_packages, setup

setup(name='tide', packages=find_packages())
